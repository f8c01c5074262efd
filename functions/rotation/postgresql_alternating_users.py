import postgresql
import rotation


def lambda_handler(event, context):
    rotation.handle(event, postgresql, rotation.AlternatingUsers)

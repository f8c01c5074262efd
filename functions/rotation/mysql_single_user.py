import mysql
import rotation


def lambda_handler(event, context):
    rotation.handle(event, mysql, rotation.SingleUser)

"""Clients of the originals, written with requests: client.py URL DIALECT"""

import pathlib
import sys

import requests

PICTURE = pathlib.Path(__file__).resolve().parents[2] / "fuzz/seeds/picture/rgb.png"

base, dialect = sys.argv[1:]
passed = failed = 0


def expect(answer, wanted, **members):
    """The answer, noted as good when it has this status and these members."""
    global passed, failed
    found = answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else {}
    if answer.status_code == wanted and all(found.get(name) == value for name, value in members.items()):
        passed += 1
    else:
        failed += 1
        print(f"FAILED  {answer.request.method} {answer.url}: {answer.status_code} {answer.text}")
    return answer


def profile_api():
    ada = {"name": "Ada", "email": "ada@example.com", "password": "pw"}
    expect(requests.post(base + "/api/register", json=ada), 201, message="User created successfully")
    answer = expect(requests.post(base + "/api/login", json=ada), 200, message="Login successful")
    session = requests.Session()
    session.headers["Authorization"] = "Bearer " + answer.json()["token"]
    expect(session.get(base + "/api/protected"), 200, message="Welcome Ada!")
    expect(session.put(base + "/api/users/profile", json={"name": "Ada King"}), 200)
    expect(session.get(base + "/api/users/profile"), 200, name="Ada King", email="ada@example.com")
    expect(requests.get(base + "/api/users/profile"), 401, message="Token is missing!")
    expect(requests.post(base + "/api/data", json=[1, 2]), 201, received=[1, 2])


def task_manager():
    ada = {"username": "ada", "email": "ada@example.com", "password": "secret123", "confirm_password": "secret123"}
    user = expect(requests.post(base + "/auth/register", json=ada), 201).json()["user"]
    pair = expect(requests.post(base + "/auth/login", json=ada), 200, message="Login successful.").json()
    session = requests.Session()
    session.headers["Authorization"] = "Bearer " + pair["access_token"]
    draft = {"title": "Raise the gate", "user_id": user["id"]}
    # Without its final slash: requests follows the redirect, with method and body.
    task = expect(session.post(base + "/tasks", json=draft), 201).json()["task"]
    path = f"{base}/tasks/{task['id']}"
    expect(session.get(path), 200, title="Raise the gate", completed=False, user_id=user["id"])
    expect(session.put(path, json={"completed": True}), 200, message="Task updated successfully.")
    pagination = expect(session.get(base + "/tasks/", params={"per_page": 5}), 200).json()["pagination"]
    if pagination != {"total": 1, "pages": 1, "page": 1, "per_page": 5, "has_next": False, "has_prev": False}:
        sys.exit(f"pagination is {pagination}")
    expect(session.delete(path), 200, message="Task deleted successfully.")
    expect(session.get(path), 404, message="Task not found")
    refresh = {"refresh_token": pair["refresh_token"]}
    again = expect(requests.post(base + "/auth/refresh", json=refresh), 200).json()
    session.headers["Authorization"] = "Bearer " + again["access_token"]
    me = f"{base}/users/{user['id']}"
    expect(session.put(me, json={"email": "king@example.com"}), 200, message="User updated successfully.")
    expect(requests.post(base + "/auth/logout", json=refresh), 200, message="Logout successful. Token revoked.")
    expect(requests.post(base + "/auth/refresh", json=refresh), 401, error="Invalid or expired refresh token.")
    login = {"email": "king@example.com", "password": "secret123"}
    pair = expect(requests.post(base + "/auth/login", json=login), 200).json()
    session.headers["Authorization"] = "Bearer " + pair["access_token"]
    expect(session.delete(me), 200, message="User deleted successfully.")
    expect(requests.post(base + "/auth/login", json=login), 401, error="Invalid email or password.")


def book_library():
    ada = {"name": "Ada King", "email": "ada@example.com", "password": "Abc@123"}
    user = expect(requests.post(base + "/users/", json=ada), 201, message="Successfully created new user").json()["data"]
    expect(requests.post(base + "/users/", json=ada), 409, error="Conflict")
    signed_in = expect(requests.post(base + "/users/login", json=ada), 200).json()["data"]
    session = requests.Session()
    session.headers["Authorization"] = "Bearer " + signed_in["token"]
    expect(session.get(base + "/users"), 200, message="successfully retrieved user profile", data=user)
    expect(session.put(base + "/users/", json={"name": "Ada Lovelace"}), 201, data={**user, "name": "Ada Lovelace"})
    form = {"title": "Sonnets", "category": "peotry"}
    cover = {"cover_image": ("Überzug.png", PICTURE.read_bytes(), "image/png")}
    book = expect(session.post(base + "/books/", data=form, files=cover), 201).json()["data"]
    if (book["category"], book["description"], book["user_id"]) != ("peotry", "", user["_id"]):
        sys.exit(f"the book is {book}")
    expect(session.post(base + "/books/", data=form), 400)
    expect(session.post(base + "/books/", data=form, files=cover), 400, message="The book has been created by user")
    picture = expect(requests.get(book["image_url"]), 200)
    if not picture.headers["content-type"].startswith("image/"):
        sys.exit(f"the picture is {picture.headers['content-type']}")
    path = f"{base}/books/{book['_id']}"
    expect(session.put(path, data={"title": "Odes"}), 201, data={**book, "title": "Odes"})
    again = expect(session.put(path, files=cover), 201).json()["data"]
    expect(requests.get(again["image_url"]), 200)
    expect(requests.get(book["image_url"]), 404)
    expect(session.get(base + "/books/"), 200, message="successfully retrieved all books", data=[again])
    expect(session.delete(path), 204)
    expect(session.delete(path), 404, message="Book not found for user", data=None, error="Not found")
    expect(requests.get(base + "/books/"), 401, message="Authentication Token is missing!", error="Unauthorized")
    expect(session.delete(base + "/users/"), 204)
    expect(session.get(base + "/users/"), 401, message="Invalid Authentication token!")


def form_login():
    ada = {"name": "Ada", "email": "ada@example.com", "password": "pw"}
    expect(requests.post(base + "/signup", data=ada), 201)
    expect(requests.post(base + "/signup", files={name: (None, value) for name, value in ada.items()}), 202)
    token = expect(requests.post(base + "/login", data=ada), 201).json()["token"]
    users = expect(requests.get(base + "/user", headers={"x-access-token": token}), 200).json()["users"]
    if [user["email"] for user in users] != ["ada@example.com"]:
        sys.exit(f"users are {users}")
    expect(requests.get(base + "/user", headers={"x-access-token": "x"}), 401, message="Token is invalid !!")
    refused = expect(requests.post(base + "/login", data={"email": "ada@example.com"}), 401)
    if refused.headers["www-authenticate"] != 'Basic realm ="Login required !!"':
        sys.exit(f"the realm is {refused.headers['www-authenticate']}")


def approval_gate():
    ada = {"username": "ada", "password": "pw"}
    expect(requests.post(base + "/register", json=ada), 201, message="User registered successfully")
    expect(requests.post(base + "/register", json=ada), 409, error="User already exists")
    expect(requests.post(base + "/login", json=ada), 403, error="Account not approved by admin")
    root = {"username": "root", "password": "correct horse battery staple"}
    token = expect(requests.post(base + "/login", json=root), 200).json()["access_token"]
    admin = requests.Session()
    admin.headers["Authorization"] = "Bearer " + token
    expect(admin.get(base + "/admin"), 200, message="Welcome to the admin panel!")
    found = expect(admin.get(base + "/api/v1/users", params={"q": "ada"}), 200).json()["items"]
    expect(admin.post(f"{base}/api/v1/users/{found[0]['id']}/approve", json={}), 200, status="active")
    token = expect(requests.post(base + "/login", json=ada), 200).json()["access_token"]
    caller = {"Authorization": "Bearer " + token}
    expect(requests.get(base + "/dashboard", headers=caller), 200, message="Welcome, ada!")
    expect(requests.get(base + "/admin", headers=caller), 403, error="Admins only")


{walk.__name__: walk for walk in (profile_api, task_manager, book_library, form_login, approval_gate)}[dialect]()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
